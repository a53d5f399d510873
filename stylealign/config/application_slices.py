"""The slices of a study that single jobs of the applications and limits depend on."""
