mod codes;
mod relaying;
