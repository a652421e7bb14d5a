"""The web page of a report: its frame, looks and behaviour (page.html, .css, .js), and what is written into it."""
