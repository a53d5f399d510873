"""The plan of applications and limits: which models, pairs and attributes each of those studies takes."""
