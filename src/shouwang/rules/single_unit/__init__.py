"""单人户: who may enter 低保 alone out of a family that does not qualify."""
