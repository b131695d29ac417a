import { openD1 } from "../support/d1.ts";
import { describeTracing } from "./suite.ts";

describeTracing("D1 in workerd", () => openD1());
