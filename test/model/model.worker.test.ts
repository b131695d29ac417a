import { env } from "cloudflare:workers";
import { openD1 } from "../support/d1.ts";
import { itFollowsTheModel } from "./suite.ts";

itFollowsTheModel("D1 in workerd", () => openD1(), 150, env);
