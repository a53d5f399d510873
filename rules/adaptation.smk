# Adaptation by text and by few images (StyleGAN-NADA), and what it leads to.


include: "few_shot.smk"
