"""专项救助转介: hints to other departments (39号文四), whose own decision it is. No amount here is a promise."""
