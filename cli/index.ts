/** cli: the `diatom` command. It joins the rooms into something a person uses and adds nothing of its own to them. */
export { CommandError } from './failure.ts';
export { type Home, homeOf } from './home.ts';
