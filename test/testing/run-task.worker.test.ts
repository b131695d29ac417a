import { describeRunTask } from "./run-task-suite.ts";

describeRunTask();
