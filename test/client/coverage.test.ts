import { expect, it } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { CALLS, ID } from "../http/calls.ts";
import { errorOf } from "./context.ts";

/** A call as it is told from others: `POST /v1/tasks`. */
const nameOf = (method: string, path: string) => `${method} ${path.replace(/\?.*/, "")}`;

it("has a verb for each call of the API", async () => {
  const sent = new Set<string>();
  const client = createClient({
    url: "http://omniq.test",
    retries: 0,
    fetch: (url, { method = "GET" }) => {
      sent.add(nameOf(method, url.replace("http://omniq.test", "")));
      return new Response(null, { status: 418 });
    },
  });
  const filter = { queue: "mail" };
  const calls = [
    client.enqueue("sample.add", {}),
    client.enqueueMany([]),
    client.tasks(),
    client.task(ID),
    client.result(ID),
    client.cancel(ID),
    client.retry(ID),
    client.delete(ID),
    client.change(ID, { priority: 1 }),
    client.runNow(ID),
    client.reschedule(ID, { delay: "1h" }),
    client.bulk.cancel(filter),
    client.count(filter),
    client.queues(),
    client.setQueue("mail", { paused: true }),
    client.history(),
    client.metrics(),
    client.schedules.list(),
    client.schedules.create({ name: "mail", cron: "0 * * * *", funcPath: "sample.add" }),
    client.schedules.get("mail"),
    client.schedules.next("mail"),
    client.schedules.change("mail", {}),
    client.schedules.delete("mail"),
    client.schedules.enable("mail"),
    client.schedules.disable("mail"),
    client.schedules.run("mail"),
    client.purgeResults({ olderThan: "1d" }),
  ];
  for (const call of calls) expect(await errorOf(call)).toMatchObject({ code: "http_error", status: 418 });
  const known = CALLS.map(([method, path]) => nameOf(method, path));
  expect([...sent].sort()).toEqual([...new Set(known)].sort());
});
