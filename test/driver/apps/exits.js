// Believes that it has nothing to do.
process.exit(3);
