"""专项救助转介 (39号文四): hints to other departments, whose own decision it is. No amount here is a promise."""
