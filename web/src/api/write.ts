/** A write and what follows: topics to ask for anew, a word when it worked. Refusals stay with the form, in the server's words. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "../ui/toast";

export function useWrite<Given = void, Told = unknown>(
  work: (given: Given) => Promise<Told>,
  { topics, said, done, loud = false }: { topics: readonly string[]; said?: string | ((told: Told) => string); done?: (told: Told) => void; loud?: boolean },
) {
  const client = useQueryClient();
  return useMutation<Told, Error, Given>({
    mutationFn: work,
    onSuccess: (told) => {
      if (said) toast.success(typeof said === "string" ? said : said(told));
      done?.(told);
    },
    // where no form shows the refusal, a toast does
    onError: (error) => void (loud && toast.error(error.message)),
    onSettled: () => Promise.all(topics.map((topic) => client.invalidateQueries({ queryKey: [topic] }))),
  });
}
