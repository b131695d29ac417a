import { openD1 } from "../support/d1.ts";
import { describeStorage } from "./suite.ts";

describeStorage("D1 in workerd", () => openD1());
