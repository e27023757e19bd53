"""Cases of `nexus eval`: what is asked, from which sources, and what an answer must and must not say."""
