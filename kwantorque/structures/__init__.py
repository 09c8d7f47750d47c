"""Where materials stand: layers between leads, and the graphs of sites and bonds that solvers and operators read."""
