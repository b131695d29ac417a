import { env } from "cloudflare:workers";
import { openD1 } from "../support/d1.ts";
import { itFollowsTheModel } from "./suite.ts";

itFollowsTheModel("D1 in workerd", { open: () => openD1(), programs: 150 }, env);
