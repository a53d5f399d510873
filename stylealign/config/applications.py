"""What aligned models are good for, and how far alignment goes: the sections of those studies (StyleAlign 4.2, 4.3, A.3, A.4)."""
