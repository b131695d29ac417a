import { Hono } from "hono";
import { createQueue, defineTask } from "omniq";
import { d1Storage } from "omniq/d1";
import { dashboard } from "omniq/dashboard";

interface Env {
  readonly DB: D1Database;
}

const greet = defineTask("greet", { run: ({ name }: { name: string }) => `hello ${name}` });
const queueFor = (env: Env) => createQueue({ storage: d1Storage(env.DB), tasks: [greet] });

const app = new Hono<{ Bindings: Env }>();
app.get("/", async (context) => {
  await queueFor(context.env).enqueue(greet, { name: "dashboard" });
  return context.text("enqueued");
});
app.route(
  "/omniq",
  dashboard((context) => ({ queue: queueFor(context.env), keys: null })),
);

export default app;
