import { openD1 } from "../support/d1.ts";
import { describeSchema } from "./schema-suite.ts";

describeSchema("D1 in workerd", () => openD1());
