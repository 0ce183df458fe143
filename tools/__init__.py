"""Commands for those who work on the project: the sample, the reference pages, the Postman collection."""
