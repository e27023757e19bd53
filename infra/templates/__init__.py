"""What `nexus channels new` and `nexus skills new` copy: a whole channel, a whole skill, and what makes a package of them."""
