import { env } from "cloudflare:workers";
import { openD1 } from "../../support/d1.ts";
import { caller } from "../../support/http.ts";
import { openFront } from "./front.ts";
import { itHolds } from "./suite.ts";

itHolds("D1 in workerd", async () => openFront(await openD1(), (send) => caller(send)), env);
