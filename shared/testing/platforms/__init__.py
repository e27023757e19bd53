"""What stands in for the platforms: twins that send what a platform would send, over TCP, and read the answer as it would.

A channel's own twin lies in the channel's folder and is named in its `channel.toml`; `nexus say --channel` finds it there, and
the tests of third parties drive their doors with it.
"""

from shared.testing.platforms.twin import Answer, AnswerRefused, Heard, Sent, Twin

__all__ = ["Answer", "AnswerRefused", "Heard", "Sent", "Twin"]
