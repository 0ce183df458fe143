"""What an engine other than MySQL needs: orders out, marts in. Imports transform, db and settings."""
