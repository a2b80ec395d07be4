"""What is measured, and the reports it is measured with."""
