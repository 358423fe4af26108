"""孤儿、事实无人抚养儿童: who they are, and their standard before other grants are set against it (``stacking``)."""
