/** The design system. What is not exported here is nobody else's business. */

export { Avatar, type AvatarProps, type AvatarSize, type Presence } from "./components/Avatar";
export { Badge, CountBadge, type BadgeProps, type CountBadgeProps } from "./components/Badge";
export { Banner, type BannerProps } from "./components/Banner";
export { Boundary, type BoundaryProps } from "./components/Boundary";
export { BarChart, type Bar, type BarChartProps } from "./components/BarChart";
export { Button, ButtonLink, type ButtonLinkProps, type ButtonProps, type ButtonVariant } from "./components/Button";
export { Checkbox, type CheckboxProps } from "./components/Checkbox";
export { Combobox, type ComboboxProps } from "./components/Combobox";
export { CopyField, type CopyFieldProps } from "./components/CopyField";
export { DateField, type DateFieldProps, type DateWords } from "./components/DateField";
export { Dialog, type DialogProps } from "./components/Dialog";
export { EmptyState, type EmptyStateProps } from "./components/EmptyState";
export { Icon, type IconProps } from "./components/Icon";
export { IconButton, type IconButtonProps } from "./components/IconButton";
export type { IconName } from "./components/icons";
export { Kbd } from "./components/Kbd";
export { ListBox, type ListBoxProps } from "./components/ListBox";
export { Logo } from "./components/Logo";
export {
    ContextMenu,
    Menu,
    MenuGroup,
    MenuItem,
    MenuSeparator,
    type ContextMenuProps,
    type MenuItemProps,
    type MenuProps,
} from "./components/Menu";
export { Popover, type PopoverProps } from "./components/Popover";
export { ProgressBar, type ProgressBarProps } from "./components/ProgressBar";
export { QrCode, type QrCodeProps } from "./components/QrCode";
export { readableUri } from "./qr/authenticator";
export { RadioGroup, type RadioGroupProps, type RadioOption } from "./components/RadioGroup";
export { Select, type SelectProps } from "./components/Select";
export { Sheet, type SheetProps } from "./components/Sheet";
export { Skeleton, type SkeletonProps } from "./components/Skeleton";
export { Spinner, type SpinnerProps } from "./components/Spinner";
export { Stepper, type StepperProps, type StepperStep } from "./components/Stepper";
export { Switch, type SwitchProps } from "./components/Switch";
export { Table, type Column, type TableProps } from "./components/Table";
export { Tabs, type Tab, type TabsProps } from "./components/Tabs";
export { TextArea, type TextAreaProps } from "./components/TextArea";
export { TextField, type TextFieldProps } from "./components/TextField";
export { ToastProvider, useToasts } from "./components/Toast";
export { Tooltip, type TooltipProps } from "./components/Tooltip";
export { VisuallyHidden } from "./components/VisuallyHidden";
export { useHotkeys, type Hotkeys, type HotkeyOptions } from "./hooks/useHotkeys";
export { useMediaQuery } from "./hooks/useMediaQuery";
export { AppearanceProvider, useTheme, type ThemeControls } from "./hooks/useTheme";
export { I18nProvider, useI18n, useT, type Localized } from "./i18n/context";
export { type Catalog, type Keys, type Params, type Plural, type Translation } from "./i18n/catalog";
export { createFormat, type Format } from "./i18n/format";
export { createI18n, type I18n, type I18nOptions, type Language, type Translate } from "./i18n/i18n";
export { Appearance, type AppearanceState, type Density, type Theme } from "./appearance";
export { colorIndex, initials } from "./identity";
export { Toasts, type Toast, type ToastRequest } from "./toasts";
export type { Option, Placement, Size, Tone } from "./types";
export { classes } from "./classes";
