"""Where materials stand: layers between leads, and the graphs that solvers read."""
