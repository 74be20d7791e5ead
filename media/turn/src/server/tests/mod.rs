mod bars;
mod codes;
mod floods;
mod hostile;
mod refused_peers;
mod relaying;
mod renumbering;
mod simulation;
