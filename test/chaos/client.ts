import type { Client } from "@libsql/client";
import type { Chaos } from "./faults.ts";

/** A libSQL client whose calls meet faults. */
export function chaoticClient(client: Client, chaos: Chaos): Client {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "execute" && name !== "batch") return value.bind(target);
      return (...args: unknown[]) => chaos.befall(async () => value.apply(target, args));
    },
  });
}
