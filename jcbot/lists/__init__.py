"""Lists that people keep in spreadsheets (表格): read from a file, checked row by row."""
