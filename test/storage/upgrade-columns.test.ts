import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { laterRelease } from "../support/release.ts";
import { describeStorage } from "./suite.ts";

/** What later releases may add, and what those before them have to live with. */
const MIGRATION = `
ALTER TABLE \`tasks\` ADD \`note\` text;
--> statement-breakpoint
ALTER TABLE \`tasks\` ADD \`weight\` integer DEFAULT 1 NOT NULL;
--> statement-breakpoint
ALTER TABLE \`results\` ADD \`note\` text;
--> statement-breakpoint
ALTER TABLE \`queues\` ADD \`note\` text;
--> statement-breakpoint
ALTER TABLE \`idempotency_keys\` ADD \`note\` text;
--> statement-breakpoint
ALTER TABLE \`maintenance\` ADD \`note\` text;
--> statement-breakpoint
CREATE INDEX \`tasks_note_idx\` ON \`tasks\` (\`note\`) WHERE note IS NOT NULL;
--> statement-breakpoint
CREATE TABLE \`labels\` (\`task_id\` text PRIMARY KEY NOT NULL, \`label\` text NOT NULL) STRICT, WITHOUT ROWID;
`;

const folder = await temporaryFolder();
const release = await laterRelease(MIGRATION);
afterAll(async () => {
  await release.remove();
  await folder.remove();
});

/** This release's storage over a database that a later one has migrated. */
describeStorage("a libSQL file of a later release", async () => {
  const url = `file:${folder.path}/queue.db`;
  const { ok, output } = await release.migrate(url);
  if (!ok) throw new Error(output);
  return openLibsql({ url });
});
