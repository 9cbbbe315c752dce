/** One write with its answer: refreshes what it touched, and tells a refusal in the server's words. */
import { useQueryClient } from "@tanstack/react-query";
import { toast } from "../../ui/toast";

export function useSaved(...topics: string[]) {
  const client = useQueryClient();
  return async <T,>(call: Promise<T>): Promise<T | null> => {
    try {
      return await call;
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error));
      return null;
    } finally {
      for (const topic of topics) void client.invalidateQueries({ queryKey: [topic] });
    }
  };
}
