"""The web page of a report: its frame, looks and behaviour (page.html, page.css, scripts), and what goes into it."""
