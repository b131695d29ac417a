import { defineTask, type TaskContext } from "omniq";
import * as v from "valibot";

export interface Env {
  readonly DB: D1Database;
}

/** Runs at least once: the update is the same, however often it is made. */
export const sendReceipt = defineTask("receipt.send", {
  input: v.object({ orderId: v.string() }),
  run: async ({ orderId }, { env }: TaskContext<Env>) => {
    const receipt = `receipt for ${orderId}`;
    await env.DB.prepare("UPDATE orders SET receipt = ? WHERE id = ?").bind(receipt, orderId).run();
    return { receipt };
  },
});

export const tasks = [sendReceipt];
