"""One command per stage: ``python -m training draw|tokenizer|autoencoder|encode|denoiser|export|evaluate``."""

from training.commands import main

main()
