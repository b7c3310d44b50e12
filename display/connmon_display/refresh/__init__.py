"""The refresh view: a full screen that is drawn anew as things change."""
