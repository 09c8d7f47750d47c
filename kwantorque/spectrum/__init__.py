"""Where the integrand of a stack is not smooth, and the symmetry of its k plane.

It has kinks where channels open, and resonances next to levels and bound states.
"""
