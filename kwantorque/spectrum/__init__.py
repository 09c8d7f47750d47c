"""Where the integrand of a stack is not smooth: channels, levels and bound states, and the symmetry of its k plane."""
