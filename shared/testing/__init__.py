"""What plug-in authors test with: fakes of the ports, and the contracts that every channel and skill must pass."""
