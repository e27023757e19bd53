"""Understanding, first version: linear heads over the frozen sentence encoder, trained from the skills' samples."""
