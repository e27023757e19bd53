"""What stands in for the platforms: twins that send what a platform would send, over TCP, and read the answer as it would.

A channel's own twin lies in the channel's folder and is named in its `channel.toml`; `nexus say --channel` finds it there, and
the tests of third parties drive their doors with it.
"""

from shared.testing.platforms.twin import API_KEY, Answer, AnswerRefused, Heard, Sent, Twin, status_complaints

__all__ = ["API_KEY", "Answer", "AnswerRefused", "Heard", "Sent", "Twin", "status_complaints"]
