/** Names of the 64 emoji that are compared (spec "SAS method: emoji"), as both people read them aloud. */
import type { Language } from "@veche/kit";

const RUSSIAN: Readonly<Record<string, string>> = {
    dog: "Собака", cat: "Кошка", lion: "Лев", horse: "Лошадь", unicorn: "Единорог", pig: "Свинья", elephant: "Слон", rabbit: "Кролик",
    panda: "Панда", rooster: "Петух", penguin: "Пингвин", turtle: "Черепаха", fish: "Рыба", octopus: "Осьминог", butterfly: "Бабочка",
    flower: "Цветок", tree: "Дерево", cactus: "Кактус", mushroom: "Гриб", globe: "Глобус", moon: "Луна", cloud: "Облако", fire: "Огонь",
    banana: "Банан", apple: "Яблоко", strawberry: "Клубника", corn: "Кукуруза", pizza: "Пицца", cake: "Торт", heart: "Сердце",
    smiley: "Улыбка", robot: "Робот", hat: "Шляпа", glasses: "Очки", spanner: "Гаечный ключ", santa: "Санта", "thumbs up": "Большой палец",
    umbrella: "Зонт", hourglass: "Песочные часы", clock: "Часы", gift: "Подарок", "light bulb": "Лампочка", book: "Книга",
    pencil: "Карандаш", paperclip: "Скрепка", scissors: "Ножницы", lock: "Замок", key: "Ключ", hammer: "Молоток", telephone: "Телефон",
    flag: "Флаг", train: "Поезд", bicycle: "Велосипед", aeroplane: "Самолёт", rocket: "Ракета", trophy: "Кубок", ball: "Мяч",
    guitar: "Гитара", trumpet: "Труба", bell: "Колокол", anchor: "Якорь", headphones: "Наушники", folder: "Папка", pin: "Булавка",
};

export function emojiName(name: string, language: Language): string {
    const plain = name.toLowerCase();
    if (language === "ru") return RUSSIAN[plain] ?? name;
    return plain.charAt(0).toUpperCase() + plain.slice(1);
}
