# Few-shot fine-tuning (StyleGAN-NADA appendix C, Tables 1 and 2).
