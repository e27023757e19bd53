"""What `nexus channels new` copies: a whole channel called doorname, and what makes a package of it."""
