"""The journal taken elsewhere: its lists as CSV, JSON and Parquet, executions for other journals, a day as one page."""
