CREATE TABLE `backlog` (
	`minute` integer PRIMARY KEY NOT NULL,
	`waiting` integer NOT NULL,
	`oldest_age` integer
) STRICT, WITHOUT ROWID;
