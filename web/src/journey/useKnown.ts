/** Everything that a journey may name, from the server: for the choices of forms and for the checks that run while one draws. */
import { useQueries } from "@tanstack/react-query";
