"""Models: the sentence encoder, its sessions and tokenizer, and the service that batches what waits."""
