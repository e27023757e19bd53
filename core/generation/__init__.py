"""Language models: ONNX decoders in this process, or a server that speaks OpenAI's protocol."""
