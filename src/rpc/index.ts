export {
  createEntrypoint,
  type QueueEntrypoint,
  type QueueService,
  type RemoteEnqueueOptions,
} from "./entrypoint.ts";
