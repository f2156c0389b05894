"""What `./run` needs of the portal's own packages: preparing the data, serving, checking."""
